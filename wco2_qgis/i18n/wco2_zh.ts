<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh" sourcelanguage="en">
 <context>
  <name>wco2</name>
  <message>
   <source>Winter CO2</source>
   <translation>冬季 CO2</translation>
  </message>
  <message>
   <source>Measured fluxes</source>
   <translation>实测通量</translation>
  </message>
  <message>
   <source>Point layer, or table or CSV file with coordinates in columns; not needed beside a folder of FLUXNET files.</source>
   <translation>点图层，或坐标在列中的表格或 CSV 文件；已给出 FLUXNET 文件夹时不需要。</translation>
  </message>
  <message>
   <source>Format</source>
   <translation>格式</translation>
  </message>
  <message>
   <source>A published format; auto knows it by its columns, or takes the fields below.</source>
   <translation>已发表的数据格式；auto 按列名识别格式，否则使用下面指定的字段。</translation>
  </message>
  <message>
   <source>What the fluxes are</source>
   <translation>通量的含义</translation>
  </message>
  <message>
   <source>reco, ecosystem respiration, or nee, net ecosystem exchange, for formats that have both; empty takes reco.</source>
   <translation>对两者都有的格式：reco 为生态系统呼吸，nee 为净生态系统交换；留空取 reco。</translation>
  </message>
  <message>
   <source>Or a folder of FLUXNET files</source>
   <translation>或 FLUXNET 文件夹</translation>
  </message>
  <message>
   <source>FLUXNET, AmeriFlux or ICOS files with MM in their names; folders below count too.</source>
   <translation>文件名中含 MM 的 FLUXNET、AmeriFlux 或 ICOS 文件；子文件夹也会读取。</translation>
  </message>
  <message>
   <source>Site table of FLUXNET files</source>
   <translation>FLUXNET 文件的站点表</translation>
  </message>
  <message>
   <source>CSV with SITE_ID, LOCATION_LAT and LOCATION_LONG: the files don't say where they are.</source>
   <translation>含 SITE_ID、LOCATION_LAT 和 LOCATION_LONG 的 CSV：数据文件本身不含坐标。</translation>
  </message>
  <message>
   <source>Site field</source>
   <translation>站点字段</translation>
  </message>
  <message>
   <source>Name of the measured site.</source>
   <translation>测量站点的名称。</translation>
  </message>
  <message>
   <source>Flux field</source>
   <translation>通量字段</translation>
  </message>
  <message>
   <source>The measured flux, in the unit given below; positive when CO2 leaves the ground.</source>
   <translation>实测通量，单位见下；CO2 从地面释放时为正。</translation>
  </message>
  <message>
   <source>Year field</source>
   <translation>年份字段</translation>
  </message>
  <message>
   <source>Calendar year of the measurement; not needed beside a date.</source>
   <translation>测量的公历年份；有日期字段时不需要。</translation>
  </message>
  <message>
   <source>Month field</source>
   <translation>月份字段</translation>
  </message>
  <message>
   <source>Calendar month, 1 to 12; not needed beside a date or a day of the year.</source>
   <translation>公历月份，1 到 12；有日期或年积日字段时不需要。</translation>
  </message>
  <message>
   <source>Date field</source>
   <translation>日期字段</translation>
  </message>
  <message>
   <source>Date as 2003-12-31, where there are no year and month.</source>
   <translation>形如 2003-12-31 的日期，用于没有年份和月份的情况。</translation>
  </message>
  <message>
   <source>Day of the year field</source>
   <translation>年积日字段</translation>
  </message>
  <message>
   <source>Day of the year, 1 to 366, where there is no month.</source>
   <translation>一年中的第几天，1 到 366，用于没有月份的情况。</translation>
  </message>
  <message>
   <source>Longitude field</source>
   <translation>经度字段</translation>
  </message>
  <message>
   <source>Degrees. Points need none: their geometry counts, in whatever CRS.</source>
   <translation>单位为度。点图层不需要：以其几何为准，坐标参照系不限。</translation>
  </message>
  <message>
   <source>Latitude field</source>
   <translation>纬度字段</translation>
  </message>
  <message>
   <source>Degrees. Points need none.</source>
   <translation>单位为度。点图层不需要。</translation>
  </message>
  <message>
   <source>Treatment field</source>
   <translation>处理字段</translation>
  </message>
  <message>
   <source>What was done to the plot; only untreated ones are kept unless said otherwise.</source>
   <translation>样地所受的处理；除非另行说明，只保留未处理的样地。</translation>
  </message>
  <message>
   <source>Method field</source>
   <translation>方法字段</translation>
  </message>
  <message>
   <source>How it was measured; carried along.</source>
   <translation>测量方法；随数据保留。</translation>
  </message>
  <message>
   <source>Source field</source>
   <translation>来源字段</translation>
  </message>
  <message>
   <source>Where the row comes from; carried along.</source>
   <translation>该行数据的来源；随数据保留。</translation>
  </message>
  <message>
   <source>Gap-filled share field</source>
   <translation>插补比例字段</translation>
  </message>
  <message>
   <source>Share of the month that was filled, 0 to 100 %.</source>
   <translation>该月数据中插补部分所占的比例，0 到 100 %。</translation>
  </message>
  <message>
   <source>Quality field</source>
   <translation>质量字段</translation>
  </message>
  <message>
   <source>Share of the month that was measured or filled with confidence, 0 to 1.</source>
   <translation>该月数据中实测或可靠插补部分所占的比例，0 到 1。</translation>
  </message>
  <message>
   <source>Unit of the flux field</source>
   <translation>通量字段的单位</translation>
  </message>
  <message>
   <source>E.g. g C m-2 day-1, umol CO2 m-2 s-1 or mg CO2 m-2 h-1; a rate becomes a month's flux by the real days of the month.</source>
   <translation>例如 g C m-2 day-1、umol CO2 m-2 s-1 或 mg CO2 m-2 h-1；速率按当月的实际天数换算为月通量。</translation>
  </message>
  <message>
   <source>Year of a table without years</source>
   <translation>无年份表格的年份</translation>
  </message>
  <message>
   <source>For a table of each month's mean over several years: the year that it stands for. Empty: the table says its years.</source>
   <translation>用于多年逐月平均值的表格：它所代表的年份。留空：表格自带年份。</translation>
  </message>
  <message>
   <source>Treatments to keep</source>
   <translation>保留的处理</translation>
  </message>
  <message>
   <source>control, all, or names separated by semicolons.</source>
   <translation>control（对照）、all（全部），或用分号分隔的名称。</translation>
  </message>
  <message>
   <source>Years to keep</source>
   <translation>保留的年份</translation>
  </message>
  <message>
   <source>E.g. 1990-1999; empty keeps all.</source>
   <translation>例如 1990-1999；留空则全部保留。</translation>
  </message>
  <message>
   <source>Smallest flux to keep</source>
   <translation>保留的最小通量</translation>
  </message>
  <message>
   <source>g C m-2 month-1; both or neither.</source>
   <translation>g C m-2 month-1；两者都填或都不填。</translation>
  </message>
  <message>
   <source>Largest flux to keep</source>
   <translation>保留的最大通量</translation>
  </message>
  <message>
   <source>Gap-filled share to keep below</source>
   <translation>插补比例上限</translation>
  </message>
  <message>
   <source>%; empty is 100, which leaves out only what holds no measurement at all.</source>
   <translation>%；留空为 100，只剔除完全没有实测值的数据。</translation>
  </message>
  <message>
   <source>Least quality to keep</source>
   <translation>保留的最低质量</translation>
  </message>
  <message>
   <source>Share that was measured or filled with confidence, 0 to 1; empty is 0.5.</source>
   <translation>实测或可靠插补部分的比例，0 到 1；留空为 0.5。</translation>
  </message>
  <message>
   <source>Chambers to keep</source>
   <translation>保留的箱式观测</translation>
  </message>
  <message>
   <source>without_tower, as when empty, leaves a chamber out where a tower within 1 km has the same month.</source>
   <translation>without_tower（留空时相同）：1 km 内的通量塔有同月数据时，剔除箱式观测。</translation>
  </message>
  <message>
   <source>Means of a season</source>
   <translation>季节平均值</translation>
  </message>
  <message>
   <source>They are of no month and left out; middle_month takes SRDB's winter mean as that of January.</source>
   <translation>季节平均值不属于任何月份，默认剔除；middle_month 将 SRDB 的冬季平均值视为 1 月的值。</translation>
  </message>
  <message>
   <source>Rows with impossible values</source>
   <translation>数值不可能的行</translation>
  </message>
  <message>
   <source>error stops at the first; reject lists them; auto rejects in published formats only.</source>
   <translation>error 遇到第一行即停止；reject 列出这些行；auto 只对已发表的格式剔除。</translation>
  </message>
  <message>
   <source>Merge rows of a site and month by</source>
   <translation>同站同月多行的合并方式</translation>
  </message>
  <message>
   <source>How fluxes of one site and month are merged.</source>
   <translation>同一站点、同一月份的多个通量如何合并。</translation>
  </message>
  <message>
   <source>Observations</source>
   <translation>观测数据</translation>
  </message>
  <message>
   <source>GeoPackage of points (EPSG:4326), or CSV.</source>
   <translation>点的 GeoPackage（EPSG:4326）或 CSV。</translation>
  </message>
  <message>
   <source>Rejected rows</source>
   <translation>剔除的行</translation>
  </message>
  <message>
   <source>Every row left out, with its reason.</source>
   <translation>所有被剔除的行及其原因。</translation>
  </message>
  <message>
   <source>Rows read</source>
   <translation>读取的行数</translation>
  </message>
  <message>
   <source>Rows kept</source>
   <translation>保留的行数</translation>
  </message>
  <message>
   <source>Months of sites</source>
   <translation>站点月数</translation>
  </message>
  <message>
   <source>Rasters</source>
   <translation>栅格</translation>
  </message>
  <message>
   <source>Layers, or files; all of one unit. Of a series choose two files or more.</source>
   <translation>图层或文件；单位必须一致。时间序列请选择两个以上的文件。</translation>
  </message>
  <message>
   <source>Files of several variables</source>
   <translation>含多个变量的文件</translation>
  </message>
  <message>
   <source>netCDF or HDF5 files that QGIS does not open as one layer; name the variable.</source>
   <translation>QGIS 不能作为单一图层打开的 netCDF 或 HDF5 文件；请写明变量名。</translation>
  </message>
  <message>
   <source>Folder of downloads</source>
   <translation>下载文件夹</translation>
  </message>
  <message>
   <source>In place of rasters and files: public products in it are recognised, and a predictor of each kind is drafted. Read the log, and the catalogue where it says TODO.</source>
   <translation>代替栅格和文件：识别其中的公开产品，并为每一类各草拟一个预测变量。请阅读日志，以及目录中标有 TODO 的地方。</translation>
  </message>
  <message>
   <source>Variable in these files</source>
   <translation>这些文件中的变量</translation>
  </message>
  <message>
   <source>E.g. t2m.</source>
   <translation>例如 t2m。</translation>
  </message>
  <message>
   <source>Name of the predictor</source>
   <translation>预测变量的名称</translation>
  </message>
  <message>
   <source>Letters, digits and _. Empty: from the file name; needed only for one predictor.</source>
   <translation>字母、数字和 _。留空：取自文件名；只有一个预测变量时才需要填写。</translation>
  </message>
  <message>
   <source>Group</source>
   <translation>分组</translation>
  </message>
  <message>
   <source>What the report sorts it under.</source>
   <translation>报告中归入哪一组。</translation>
  </message>
  <message>
   <source>Unit as stored</source>
   <translation>存储单位</translation>
  </message>
  <message>
   <source>E.g. K, m, dg kg-1; 1 for none.</source>
   <translation>例如 K、m、dg kg-1；无单位写 1。</translation>
  </message>
  <message>
   <source>Unit for the model</source>
   <translation>模型使用的单位</translation>
  </message>
  <message>
   <source>E.g. degC; empty: as stored.</source>
   <translation>例如 degC；留空：与存储单位相同。</translation>
  </message>
  <message>
   <source>Varies</source>
   <translation>随时间的变化</translation>
  </message>
  <message>
   <source>auto tells by dates in the file names, and by 12 bands a file.</source>
   <translation>auto 根据文件名中的日期以及每个文件 12 个波段来判断。</translation>
  </message>
  <message>
   <source>Resampling</source>
   <translation>重采样</translation>
  </message>
  <message>
   <source>nearest for classes.</source>
   <translation>类别数据用 nearest。</translation>
  </message>
  <message>
   <source>CRS of files that state none</source>
   <translation>未注明坐标系的文件的坐标系</translation>
  </message>
  <message>
   <source>Leave it empty for files that state theirs.</source>
   <translation>文件已注明坐标系时请留空。</translation>
  </message>
  <message>
   <source>Catalogue to add to</source>
   <translation>追加到的目录</translation>
  </message>
  <message>
   <source>What is in it stays; paths in it are relative to its folder, so keep the new one there too.</source>
   <translation>原有内容保留；其中的路径相对于它所在的文件夹，因此新目录也请放在那里。</translation>
  </message>
  <message>
   <source>Catalogue</source>
   <translation>目录</translation>
  </message>
  <message>
   <source>The catalogue.</source>
   <translation>预测变量目录文件。</translation>
  </message>
  <message>
   <source>Predictors in the catalogue</source>
   <translation>目录中的预测变量数</translation>
  </message>
  <message>
   <source>Their names, separated by commas</source>
   <translation>名称，以逗号分隔</translation>
  </message>
  <message>
   <source>Catalogue of predictors</source>
   <translation>预测变量目录</translation>
  </message>
  <message>
   <source>TOML file that names each predictor, its rasters and their units. 'Build a catalogue' makes one.</source>
   <translation>TOML 文件，列出每个预测变量、其栅格及单位。可由“建立目录”生成。</translation>
  </message>
  <message>
   <source>Winters</source>
   <translation>冬季</translation>
  </message>
  <message>
   <source>1983, 1990-1999 or 1990,1995. Empty: all months that the files have.</source>
   <translation>1983、1990-1999 或 1990,1995。留空：文件中的所有月份。</translation>
  </message>
  <message>
   <source>Regions and winters</source>
   <translation>区域与冬季</translation>
  </message>
  <message>
   <source>TOML file with [[region]] tables and the months of their winters; a study file will do. Empty: one region, the whole Earth, with a winter from October to April.</source>
   <translation>含 [[region]] 表及各区域冬季月份的 TOML 文件；研究文件也可以。留空：一个区域，即整个地球，冬季为 10 月至次年 4 月。</translation>
  </message>
  <message>
   <source>Extent</source>
   <translation>范围</translation>
  </message>
  <message>
   <source>In any CRS. West, east, south, north: across the antimeridian, count on beyond 180, as in 170,200,60,72 [EPSG:4326]. Empty: all that the files cover.</source>
   <translation>可用任意坐标参考系。顺序为西、东、南、北；跨越 180° 经线时继续数到 180 以上，如 170,200,60,72 [EPSG:4326]。留空：文件覆盖的全部范围。</translation>
  </message>
  <message>
   <source>Threads</source>
   <translation>线程数</translation>
  </message>
  <message>
   <source>0 for all processors. Results do not depend on it.</source>
   <translation>0 表示使用全部处理器。结果与线程数无关。</translation>
  </message>
  <message>
   <source>Folder of prepared predictors</source>
   <translation>已准备的预测变量文件夹</translation>
  </message>
  <message>
   <source>With a catalogue.toml that can be used in place of the first one.</source>
   <translation>其中的 catalogue.toml 可代替原来的目录使用。</translation>
  </message>
  <message>
   <source>Predictors prepared</source>
   <translation>已准备的预测变量数</translation>
  </message>
  <message>
   <source>Files made</source>
   <translation>生成的文件数</translation>
  </message>
  <message>
   <source>What 'Prepare observations' wrote.</source>
   <translation>“准备观测数据”的输出。</translation>
  </message>
  <message>
   <source>Look up at</source>
   <translation>取值位置</translation>
  </message>
  <message>
   <source>cell: the centre of the map cell that holds the site, so that training and map see the same; point: the site itself.</source>
   <translation>cell：站点所在地图像元的中心，使训练与制图看到相同的值；point：站点本身。</translation>
  </message>
  <message>
   <source>Cell size</source>
   <translation>像元大小</translation>
  </message>
  <message>
   <source>Of the map to come, in units of its CRS.</source>
   <translation>将要制作的地图的像元大小，单位与其坐标参照系一致。</translation>
  </message>
  <message>
   <source>CRS of the map to come</source>
   <translation>将要制作的地图的坐标参照系</translation>
  </message>
  <message>
   <source>The CRS that the cells lie in. Empty: degrees.</source>
   <translation>像元所在的坐标参照系。留空：经纬度（度）。</translation>
  </message>
  <message>
   <source>Months that train</source>
   <translation>参与训练的月份</translation>
  </message>
  <message>
   <source>winter: those of each region's winter; all: those of summer too. Scores, intervals and applicability are of the winter alone.</source>
   <translation>winter：各区域冬季的月份；all：夏季的月份也参与。评分、区间和适用范围只针对冬季。</translation>
  </message>
  <message>
   <source>Training table</source>
   <translation>训练表</translation>
  </message>
  <message>
   <source>Observations not sampled</source>
   <translation>未能取样的观测</translation>
  </message>
  <message>
   <source>Every observation left out, with its reason.</source>
   <translation>所有被剔除的观测及其原因。</translation>
  </message>
  <message>
   <source>Months of sites read</source>
   <translation>读取的站点月数</translation>
  </message>
  <message>
   <source>Months of sites kept</source>
   <translation>保留的站点月数</translation>
  </message>
  <message>
   <source>What 'Sample predictors' wrote.</source>
   <translation>“在观测点提取预测变量”的输出。</translation>
  </message>
  <message>
   <source>Method</source>
   <translation>方法</translation>
  </message>
  <message>
   <source>forward: starts with the best pair and adds; elimination: starts with all and drops.</source>
   <translation>forward：从最好的一对开始逐个增加；elimination：从全部开始逐个剔除。</translation>
  </message>
  <message>
   <source>A step counts if it is better</source>
   <translation>何种改进才算数</translation>
  </message>
  <message>
   <source>clear: by more than chance among sites; any: by however little.</source>
   <translation>clear：改进超过站点间的随机差异；any：任何改进。</translation>
  </message>
  <message>
   <source>Trees</source>
   <translation>树的数量</translation>
  </message>
  <message>
   <source>Of each forest that is compared; few rank as many do.</source>
   <translation>比较时每个森林的树数；少量的树也能排出相同的次序。</translation>
  </message>
  <message>
   <source>Forests that a region may take</source>
   <translation>每个区域最多训练的森林数</translation>
  </message>
  <message>
   <source>The selection ends before a round that would take more; the page says so.</source>
   <translation>如果下一轮会超过此数，选择即结束；页面上会说明。</translation>
  </message>
  <message>
   <source>Seed</source>
   <translation>随机种子</translation>
  </message>
  <message>
   <source>The same seed and libraries choose the same.</source>
   <translation>相同的种子和库得到相同的选择。</translation>
  </message>
  <message>
   <source>Title</source>
   <translation>标题</translation>
  </message>
  <message>
   <source>Of the page.</source>
   <translation>页面的标题。</translation>
  </message>
  <message>
   <source>Selection</source>
   <translation>变量选择</translation>
  </message>
  <message>
   <source>The page; tables, figures and the catalogue of the chosen lie beside it.</source>
   <translation>结果页面；表格、图件和所选变量的目录位于旁边。</translation>
  </message>
  <message>
   <source>Catalogue of the chosen predictors</source>
   <translation>所选预测变量的目录</translation>
  </message>
  <message>
   <source>Chosen predictors</source>
   <translation>选中的预测变量</translation>
  </message>
  <message>
   <source>More are steadier and slower; 100 are enough to try.</source>
   <translation>越多越稳定，也越慢；试用 100 棵即可。</translation>
  </message>
  <message>
   <source>Validation</source>
   <translation>验证方法</translation>
  </message>
  <message>
   <source>random: rows held out at random, which flatters; site: all rows of a site together; blocks: all sites of a square together; knndm: sites as far from the training as the map's cells are. year, decade, method, source: rows of a winter, decade, method of measurement or source together, while their sites go on training.</source>
   <translation>random：随机留出行，结果偏乐观；site：同一站点的所有行一起留出；blocks：同一方格内的所有站点一起留出；knndm：留出的站点与训练数据的距离，与地图像元到训练数据的距离相当。year、decade、method、source：同一冬季、年代、测量方法或数据来源的行一起留出，其站点继续参与训练。</translation>
  </message>
  <message>
   <source>Fewest rows in a leaf</source>
   <translation>叶节点的最少行数</translation>
  </message>
  <message>
   <source>Larger smooths.</source>
   <translation>越大越平滑。</translation>
  </message>
  <message>
   <source>Share of predictors a split tries</source>
   <translation>每次分裂尝试的变量比例</translation>
  </message>
  <message>
   <source>Above 0, at most 1.</source>
   <translation>大于 0，不超过 1。</translation>
  </message>
  <message>
   <source>Scale of the flux for splits</source>
   <translation>分裂时通量的尺度</translation>
  </message>
  <message>
   <source>Roots or logarithms let large fluxes count less; the sign is kept.</source>
   <translation>平方根或对数使大通量的影响减小；正负号保留。</translation>
  </message>
  <message>
   <source>Prediction from the leaves</source>
   <translation>叶节点内通量的汇总方式</translation>
  </message>
  <message>
   <source>trimmed: the mean without the lowest and the highest. Trimmed means and medians are robust against rare large fluxes, and lie below the mean where fluxes are skewed.</source>
   <translation>trimmed：去掉最低和最高部分后的平均值。截尾平均值和中位数不受少数大通量影响；通量分布偏斜时低于平均值。</translation>
  </message>
  <message>
   <source>Share trimmed at each end</source>
   <translation>截尾平均值每端去掉的比例</translation>
  </message>
  <message>
   <source>Above 0, below 0.5.</source>
   <translation>大于 0，小于 0.5。</translation>
  </message>
  <message>
   <source>What counts alike</source>
   <translation>权重相等的单位</translation>
  </message>
  <message>
   <source>rows: each month of a site; sites: each site, however many months it has.</source>
   <translation>rows：站点的每个月权重相等；sites：每个站点权重相等，无论有多少个月。</translation>
  </message>
  <message>
   <source>The same seed and libraries make the same model.</source>
   <translation>相同的种子和库得到相同的模型。</translation>
  </message>
  <message>
   <source>Zones as polygons</source>
   <translation>分区（多边形）</translation>
  </message>
  <message>
   <source>Polygons: scores are told by zone too. A filter of the layer counts, a selection does not.</source>
   <translation>多边形：同时按分区给出评分。图层的过滤条件有效，选择集无效。</translation>
  </message>
  <message>
   <source>Field with the names of the zones</source>
   <translation>分区名称字段</translation>
  </message>
  <message>
   <source>Polygons of one name are one zone. Empty takes a field called 'name'.</source>
   <translation>同名的多边形属于同一分区。留空则使用名为 name 的字段。</translation>
  </message>
  <message>
   <source>Zones as a raster</source>
   <translation>分区（栅格）</translation>
  </message>
  <message>
   <source>Instead of polygons a raster of classes, e.g. of permafrost extent.</source>
   <translation>用类别栅格（例如多年冻土类型）代替多边形。</translation>
  </message>
  <message>
   <source>Names of the raster's values</source>
   <translation>栅格值的名称</translation>
  </message>
  <message>
   <source>As in 1=continuous,2=discontinuous; other values are outside of all zones. Empty: each value is a zone of its own.</source>
   <translation>例如 1=continuous,2=discontinuous；其他值不属于任何分区。留空：每个值为一个分区。</translation>
  </message>
  <message>
   <source>Cells to be mapped</source>
   <translation>将要制图的像元</translation>
  </message>
  <message>
   <source>For the validation knndm: polygons, or a raster whose pixels count unless 0 or nodata. Empty: the whole of each region.</source>
   <translation>用于 knndm 验证：多边形，或像元值不为 0 且不为 nodata 的栅格。留空：每个区域的全部。</translation>
  </message>
  <message>
   <source>Values of the mask that count</source>
   <translation>掩膜中有效的值</translation>
  </message>
  <message>
   <source>For a mask raster of classes, e.g. 1,2,3,4.</source>
   <translation>用于类别栅格掩膜，例如 1,2,3,4。</translation>
  </message>
  <message>
   <source>The fluxes are simulated</source>
   <translation>通量为模拟数据</translation>
  </message>
  <message>
   <source>The page then says so.</source>
   <translation>页面上会注明。</translation>
  </message>
  <message>
   <source>The page; its tables and figures are files in a folder beside it.</source>
   <translation>结果页面；其表格和图件位于旁边的文件夹中。</translation>
  </message>
  <message>
   <source>R2 on held-out rows</source>
   <translation>留出行的 R2</translation>
  </message>
  <message>
   <source>RMSE on held-out rows (g C m-2 month-1)</source>
   <translation>留出行的 RMSE（g C m-2 month-1）</translation>
  </message>
  <message>
   <source>Region and validation of R2 and RMSE</source>
   <translation>R2 和 RMSE 所属的区域和验证方法</translation>
  </message>
  <message>
   <source>All scores (JSON)</source>
   <translation>全部评分（JSON）</translation>
  </message>
  <message>
   <source>Kept in the model.</source>
   <translation>保存在模型中。</translation>
  </message>
  <message>
   <source>Members for totals' intervals</source>
   <translation>用于总量区间的集合成员数</translation>
  </message>
  <message>
   <source>Forests on halves of the sites, kept in the model. Empty: 20 where there are 100 trees or more, else none; 0: none.</source>
   <translation>用一半站点训练的森林，保存在模型中。留空：树数不少于 100 时为 20，否则没有；0：没有。</translation>
  </message>
  <message>
   <source>Totals of members</source>
   <translation>集合成员的总量</translation>
  </message>
  <message>
   <source>corrected: each member is moved by what it errs at sites that it did not see, for forests give totals that are too high; plain: members as they are grown.</source>
   <translation>corrected：每个成员按其在未见过站点上的误差修正，因为森林给出的总量偏高；plain：成员保持训练时的样子。</translation>
  </message>
  <message>
   <source>Look for a better way to grow</source>
   <translation>寻找更好的参数</translation>
  </message>
  <message>
   <source>Tries leaves, shares of predictors, months that train (where the table has others than the winter's), scales, weights and aggregates by sites held out, nested so that scores stay honest. Takes minutes.</source>
   <translation>用留出站点比较叶节点大小、变量比例、参与训练的月份（训练表含冬季以外月份时）、通量尺度、权重和汇总方式；采用嵌套验证，评分不会偏乐观。需要数分钟。</translation>
  </message>
  <message>
   <source>Licence of the maps</source>
   <translation>地图的许可证</translation>
  </message>
  <message>
   <source>Kept in the model and in every map, e.g. CC BY 4.0.</source>
   <translation>保存在模型和每幅地图中，例如 CC BY 4.0。</translation>
  </message>
  <message>
   <source>Marks the model and all its maps as simulated.</source>
   <translation>将模型及其所有地图标记为模拟。</translation>
  </message>
  <message>
   <source>Model</source>
   <translation>模型</translation>
  </message>
  <message>
   <source>The model file; it holds no code.</source>
   <translation>模型文件；其中不含代码。</translation>
  </message>
  <message>
   <source>Report</source>
   <translation>报告</translation>
  </message>
  <message>
   <source>Scores and figures on one page.</source>
   <translation>一页之内的评分和图件。</translation>
  </message>
  <message>
   <source>Fingerprint of the model</source>
   <translation>模型的指纹</translation>
  </message>
  <message>
   <source>A model that 'Train a model' wrote.</source>
   <translation>“训练模型”输出的模型。</translation>
  </message>
  <message>
   <source>Description</source>
   <translation>说明</translation>
  </message>
  <message>
   <source>The page.</source>
   <translation>结果页面。</translation>
  </message>
  <message>
   <source>Fingerprint</source>
   <translation>指纹</translation>
  </message>
  <message>
   <source>Predictors, separated by commas</source>
   <translation>预测变量，以逗号分隔</translation>
  </message>
  <message>
   <source>Regions, separated by commas</source>
   <translation>区域，以逗号分隔</translation>
  </message>
  <message>
   <source>Rows trained on</source>
   <translation>训练所用的行数</translation>
  </message>
  <message>
   <source>1983, 1990-1999 or 1990,1995; a winter has the name that the model's regions give it, usually the year of its January.</source>
   <translation>1983、1990-1999 或 1990,1995；冬季的名称由模型的区域规定，通常为其 1 月所在的年份。</translation>
  </message>
  <message>
   <source>In any CRS. West, east, south, north: across the antimeridian, count on beyond 180, as in 170,200,60,72 [EPSG:4326]. Empty: the whole northern permafrost region, if the map is in degrees.</source>
   <translation>坐标参照系不限。顺序为西、东、南、北：跨越 180° 经线时经度继续数到 180 以上，例如 170,200,60,72 [EPSG:4326]。留空：地图单位为度时取整个北方多年冻土区。</translation>
  </message>
  <message>
   <source>CRS of the map</source>
   <translation>地图的坐标参照系</translation>
  </message>
  <message>
   <source>Any, e.g. EPSG:6931 for equal areas around the north pole. Empty: degrees.</source>
   <translation>任意，例如北极等积投影 EPSG:6931。留空：经纬度（度）。</translation>
  </message>
  <message>
   <source>In units of the CRS of the map.</source>
   <translation>单位与地图的坐标参照系一致。</translation>
  </message>
  <message>
   <source>Mask</source>
   <translation>掩膜</translation>
  </message>
  <message>
   <source>Cells to predict: polygons, or a raster whose pixels count unless 0 or nodata.</source>
   <translation>要预测的像元：多边形，或像元值不为 0 且不为 nodata 的栅格。</translation>
  </message>
  <message>
   <source>Map each month too</source>
   <translation>同时制作每月地图</translation>
  </message>
  <message>
   <source>Maps of single months, g C m-2 month-1, in monthly_flux/.</source>
   <translation>各月的地图，g C m-2 month-1，位于 monthly_flux/。</translation>
  </message>
  <message>
   <source>Interval of the bounds, e.g. 0.9</source>
   <translation>上下界的区间水平，例如 0.9</translation>
  </message>
  <message>
   <source>Nine of ten months' fluxes lie between bounds of 0.9, as held-out sites show; in winter_flux_lower/ and winter_flux_upper/. Don't add them up over cells: the interval of a total comes from the members. Empty: no bounds.</source>
   <translation>由留出的站点可知，水平为 0.9 时，十个月的通量中有九个落在上下界之间；位于 winter_flux_lower/ 和 winter_flux_upper/。不要在像元之间累加上下界：总量的区间由集合成员得出。留空：不制作。</translation>
  </message>
  <message>
   <source>Map where the model can be applied</source>
   <translation>制作适用范围图</translation>
  </message>
  <message>
   <source>How unlike the training each cell is, in how many months of the winter it lies outside the area of applicability, and how many training rows are near; in applicability/. Needs a model with a validation.</source>
   <translation>每个像元与训练数据的差异程度、冬季中有几个月在适用范围之外、附近有多少训练行；位于 applicability/。需要经过验证的模型。</translation>
  </message>
  <message>
   <source>Map the members (for totals)</source>
   <translation>制作成员地图（用于总量）</translation>
  </message>
  <message>
   <source>A band for each member of the model's ensemble, in winter_flux_members/, from which 'Add winter maps up' makes intervals. Needs a model with members.</source>
   <translation>模型集合的每个成员一个波段，位于 winter_flux_members/，“汇总冬季地图”由此得出区间。需要含集合成员的模型。</translation>
  </message>
  <message>
   <source>Edges at multiples of cell size</source>
   <translation>边界对齐到像元大小的整数倍</translation>
  </message>
  <message>
   <source>So that maps of different extents fit onto each other.</source>
   <translation>使不同范围的地图能够彼此对齐。</translation>
  </message>
  <message>
   <source>Memory (GB)</source>
   <translation>内存（GB）</translation>
  </message>
  <message>
   <source>The most that the run may take. Empty: half of what is free.</source>
   <translation>运行可占用的最大内存。留空：可用内存的一半。</translation>
  </message>
  <message>
   <source>Dask scheduler</source>
   <translation>Dask 调度器</translation>
  </message>
  <message>
   <source>Address of a cluster to work on, e.g. tcp://host:8786, whose workers see the same files. Empty: this machine.</source>
   <translation>用于计算的集群地址，例如 tcp://host:8786，其工作节点须能读取相同的文件。留空：本机。</translation>
  </message>
  <message>
   <source>Load the winters into the project</source>
   <translation>将各冬季加载到工程</translation>
  </message>
  <message>
   <source>With one style for all, and with their times for the Temporal Controller; bounds and applicability in groups that are switched off.</source>
   <translation>全部使用同一样式，并带有时间控制器所需的时间；上下界和适用范围位于关闭的图层组中。</translation>
  </message>
  <message>
   <source>Folder for the maps</source>
   <translation>地图文件夹</translation>
  </message>
  <message>
   <source>Maps go to winter_flux/ in it; prediction.json says what they are.</source>
   <translation>地图写入其中的 winter_flux/；prediction.json 说明其内容。</translation>
  </message>
  <message>
   <source>Maps of the winters</source>
   <translation>各冬季的地图</translation>
  </message>
  <message>
   <source>Maps of the winters: the first winter</source>
   <translation>各冬季的地图：第一个冬季</translation>
  </message>
  <message>
   <source>Lower bounds</source>
   <translation>下界</translation>
  </message>
  <message>
   <source>Lower bounds: the first winter</source>
   <translation>下界：第一个冬季</translation>
  </message>
  <message>
   <source>Upper bounds</source>
   <translation>上界</translation>
  </message>
  <message>
   <source>Upper bounds: the first winter</source>
   <translation>上界：第一个冬季</translation>
  </message>
  <message>
   <source>Applicability</source>
   <translation>适用范围</translation>
  </message>
  <message>
   <source>Applicability: the first winter</source>
   <translation>适用范围：第一个冬季</translation>
  </message>
  <message>
   <source>Maps of the members</source>
   <translation>成员地图</translation>
  </message>
  <message>
   <source>Maps of the members: the first winter</source>
   <translation>成员地图：第一个冬季</translation>
  </message>
  <message>
   <source>Cells predicted</source>
   <translation>预测的像元数</translation>
  </message>
  <message>
   <source>Months of cells without a value</source>
   <translation>无值的像元月数</translation>
  </message>
  <message>
   <source>Winter maps</source>
   <translation>冬季地图</translation>
  </message>
  <message>
   <source>Folder that 'Map winter CO2 flux' wrote, or any with a GeoTIFF a winter whose name holds the year.</source>
   <translation>“制作冬季 CO2 通量图”的输出文件夹，或任何每个冬季一个 GeoTIFF 且文件名含年份的文件夹。</translation>
  </message>
  <message>
   <source>Polygons: winters are added up by zone too. A filter of the layer counts, a selection does not.</source>
   <translation>多边形：同时按分区汇总冬季。图层的过滤条件有效，选择集无效。</translation>
  </message>
  <message>
   <source>Level of the intervals</source>
   <translation>区间的水平</translation>
  </message>
  <message>
   <source>Share of totals that they hold, between 0 and 1. There are intervals only where the members were mapped.</source>
   <translation>区间包含总量的概率，介于 0 和 1 之间。只有制作了成员地图才有区间。</translation>
  </message>
  <message>
   <source>Share of ground that counts</source>
   <translation>计入的地面比例</translation>
  </message>
  <message>
   <source>Raster of 0 to 1, e.g. of land or forest. Empty: all ground counts.</source>
   <translation>0 到 1 的栅格，例如陆地或森林比例。留空：全部地面计入。</translation>
  </message>
  <message>
   <source>Model or file of the regions</source>
   <translation>模型或区域文件</translation>
  </message>
  <message>
   <source>A model or TOML file whose regions are added up each by itself. Empty: those of the model that made the maps.</source>
   <translation>按其中的区域分别汇总的模型或 TOML 文件。留空：取制作地图的模型的区域。</translation>
  </message>
  <message>
   <source>CRS of the maps</source>
   <translation>地图的坐标参照系</translation>
  </message>
  <message>
   <source>Only for files that state none, as others' may; it is never guessed.</source>
   <translation>仅用于未注明坐标参照系的文件（例如他人的地图）；程序从不猜测。</translation>
  </message>
  <message>
   <source>Unit of the maps</source>
   <translation>地图的单位</translation>
  </message>
  <message>
   <source>Only for files that state none, e.g. g C m-2, a winter being understood.</source>
   <translation>仅用于未注明单位的文件，例如 g C m-2，时间默认为一个冬季。</translation>
  </message>
  <message>
   <source>Load table and zones</source>
   <translation>加载表格和分区</translation>
  </message>
  <message>
   <source>Zones are coloured by the mean flux of their ground.</source>
   <translation>分区按其地面的平均通量着色。</translation>
  </message>
  <message>
   <source>Budget</source>
   <translation>收支表</translation>
  </message>
  <message>
   <source>A row a zone and winter; summary, figure and zones are files beside it.</source>
   <translation>每个分区和冬季一行；汇总、图件和分区为旁边的文件。</translation>
  </message>
  <message>
   <source>Budget on a page</source>
   <translation>收支页面</translation>
  </message>
  <message>
   <source>Figure and numbers on one page. Empty: beside the table.</source>
   <translation>图件和数值在一页上。留空：位于表格旁边。</translation>
  </message>
  <message>
   <source>Mean winters by zone</source>
   <translation>各分区的平均冬季</translation>
  </message>
  <message>
   <source>Zones with their numbers</source>
   <translation>带数值的分区</translation>
  </message>
  <message>
   <source>Totals over time</source>
   <translation>总量随时间的变化</translation>
  </message>
  <message>
   <source>Mean winter of all cells (Tg C)</source>
   <translation>全部像元的平均冬季总量（Tg C）</translation>
  </message>
  <message>
   <source>Mean winter of all cells (g C m-2)</source>
   <translation>全部像元的平均冬季通量（g C m-2）</translation>
  </message>
  <message>
   <source>Rate of false discoveries</source>
   <translation>错误发现率</translation>
  </message>
  <message>
   <source>Of the cells shown as significant, about this share is so by chance.</source>
   <translation>显示为显著的像元中，约有此比例是偶然造成的。</translation>
  </message>
  <message>
   <source>Budget, for trends by zone</source>
   <translation>收支表，用于分区趋势</translation>
  </message>
  <message>
   <source>The table that 'Add winter maps up' wrote.</source>
   <translation>“汇总冬季地图”输出的表格。</translation>
  </message>
  <message>
   <source>Twice the rate (correlated cells)</source>
   <translation>错误发现率加倍（像元相关时）</translation>
  </message>
  <message>
   <source>Where neighbours resemble each other, as in maps of a model, the test is strict.</source>
   <translation>相邻像元彼此相似时（如模型地图），检验偏严。</translation>
  </message>
  <message>
   <source>Winters resemble the ones before</source>
   <translation>冬季之间的自相关</translation>
  </message>
  <message>
   <source>How that is taken out before the test. residuals: as it is about the slope; pw: as it is in the series, which misses strong trends; tfpw: trend-free pre-whitening, which finds more, in noise too; none: not at all.</source>
   <translation>检验前如何去除自相关。residuals：按去趋势后的残差；pw：按原序列，会漏掉强趋势；tfpw：去趋势预白化，检出更多，对噪声也是如此；none：不去除。</translation>
  </message>
  <message>
   <source>Trends</source>
   <translation>趋势</translation>
  </message>
  <message>
   <source>GeoTIFF; figure and the trends of zones are files beside it.</source>
   <translation>GeoTIFF；图件和分区趋势为旁边的文件。</translation>
  </message>
  <message>
   <source>Trends on a page</source>
   <translation>趋势页面</translation>
  </message>
  <message>
   <source>Figure and numbers on one page. Empty: beside the trends.</source>
   <translation>图件和数值在一页上。留空：位于趋势文件旁边。</translation>
  </message>
  <message>
   <source>Map of the trends</source>
   <translation>趋势图</translation>
  </message>
  <message>
   <source>Trends of the budget's zones</source>
   <translation>收支表中各分区的趋势</translation>
  </message>
  <message>
   <source>Cells with a trend</source>
   <translation>有趋势值的像元数</translation>
  </message>
  <message>
   <source>Cells that rise significantly</source>
   <translation>显著上升的像元数</translation>
  </message>
  <message>
   <source>Cells that fall significantly</source>
   <translation>显著下降的像元数</translation>
  </message>
  <message>
   <source>Median slope (g C m-2 winter-1 a-1)</source>
   <translation>斜率中位数（g C m-2 winter-1 a-1）</translation>
  </message>
  <message>
   <source>Winter maps A</source>
   <translation>冬季地图 A</translation>
  </message>
  <message>
   <source>Winter maps B</source>
   <translation>冬季地图 B</translation>
  </message>
  <message>
   <source>Polygons: both are compared by zone too. A filter of the layer counts, a selection does not.</source>
   <translation>多边形：同时按分区比较两者。图层的过滤条件有效，选择集无效。</translation>
  </message>
  <message>
   <source>CRS of maps A</source>
   <translation>地图 A 的坐标参照系</translation>
  </message>
  <message>
   <source>Unit of maps A</source>
   <translation>地图 A 的单位</translation>
  </message>
  <message>
   <source>CRS of maps B</source>
   <translation>地图 B 的坐标参照系</translation>
  </message>
  <message>
   <source>Unit of maps B</source>
   <translation>地图 B 的单位</translation>
  </message>
  <message>
   <source>Load the mean difference</source>
   <translation>加载平均差值</translation>
  </message>
  <message>
   <source>In colours about 0: A has more in the warm ones.</source>
   <translation>以 0 为中心着色：暖色处 A 较大。</translation>
  </message>
  <message>
   <source>Comparison</source>
   <translation>比较</translation>
  </message>
  <message>
   <source>The page; tables, figures and maps lie in folders beside it.</source>
   <translation>结果页面；表格、图件和地图位于旁边的文件夹中。</translation>
  </message>
  <message>
   <source>A minus B, mean of the winters</source>
   <translation>A 减 B，各冬季平均</translation>
  </message>
  <message>
   <source>A minus B, by winter</source>
   <translation>A 减 B，逐冬季</translation>
  </message>
  <message>
   <source>Table of the winters</source>
   <translation>各冬季的表格</translation>
  </message>
  <message>
   <source>Mean of A minus mean of B (g C m-2 winter-1)</source>
   <translation>A 的平均值减 B 的平均值（g C m-2 winter-1）</translation>
  </message>
  <message>
   <source>Root of the mean squared difference (g C m-2 winter-1)</source>
   <translation>均方根差（g C m-2 winter-1）</translation>
  </message>
  <message>
   <source>Correlation of cells</source>
   <translation>像元间的相关系数</translation>
  </message>
  <message>
   <source>Mean winter of A on the common ground (Tg C)</source>
   <translation>A 在共同地面上的平均冬季总量（Tg C）</translation>
  </message>
  <message>
   <source>Mean winter of B on the common ground (Tg C)</source>
   <translation>B 在共同地面上的平均冬季总量（Tg C）</translation>
  </message>
  <message>
   <source>Winter</source>
   <translation>冬季</translation>
  </message>
  <message>
   <source>The winter whose conditions count.</source>
   <translation>以其条件为准的冬季。</translation>
  </message>
  <message>
   <source>Sites to find</source>
   <translation>要找的站点数</translation>
  </message>
  <message>
   <source>Best first.</source>
   <translation>最好的在前。</translation>
  </message>
  <message>
   <source>Cells that count: polygons, or a raster whose pixels count unless 0 or nodata.</source>
   <translation>计入的像元：多边形，或栅格（像元值为 0 或 nodata 者除外）。</translation>
  </message>
  <message>
   <source>What ground counts by</source>
   <translation>地面按什么计</translation>
  </message>
  <message>
   <source>area: its area; interval: its area times the width of its interval, so that ground where the model is unsure counts for more.</source>
   <translation>area：面积；interval：面积乘以其区间宽度，使模型不确定的地面权重更大。</translation>
  </message>
  <message>
   <source>Cells that are compared</source>
   <translation>参与比较的像元数</translation>
  </message>
  <message>
   <source>Drawn alike; 3000 at most. More are surer and slower.</source>
   <translation>等概率抽取，最多 3000 个。越多越可靠，也越慢。</translation>
  </message>
  <message>
   <source>The same seed draws the same cells.</source>
   <translation>相同的种子抽取相同的像元。</translation>
  </message>
  <message>
   <source>Next sites</source>
   <translation>下一批站点</translation>
  </message>
  <message>
   <source>Points, map and figure lie beside it.</source>
   <translation>点、地图和图在其旁边。</translation>
  </message>
  <message>
   <source>Next sites on a page</source>
   <translation>下一批站点网页</translation>
  </message>
  <message>
   <source>Figure and numbers on one page. Empty: beside the next sites.</source>
   <translation>图和数字在一个网页上。留空：放在下一批站点旁边。</translation>
  </message>
  <message>
   <source>What one site would bring</source>
   <translation>一个站点的作用</translation>
  </message>
  <message>
   <source>Mean dissimilarity index of the map</source>
   <translation>地图的平均差异指数</translation>
  </message>
  <message>
   <source>Figure</source>
   <translation>插图</translation>
  </message>
  <message>
   <source>Maps: winter_flux, monthly_flux, season_flux, interval_width, outside_map, trend, difference. Others are graphs.</source>
   <translation>地图：winter_flux（冬季通量）、monthly_flux（各月通量）、season_flux（各时段通量）、interval_width（区间宽度）、outside_map（适用范围之外）、trend（趋势）、difference（差值）。其余为统计图。</translation>
  </message>
  <message>
   <source>Study, model or table</source>
   <translation>研究、模型或表格</translation>
  </message>
  <message>
   <source>study.toml, a .wco2 file, trend.tif, budget.csv or difference_mean.tif.</source>
   <translation>study.toml、.wco2 文件、trend.tif、budget.csv 或 difference_mean.tif。</translation>
  </message>
  <message>
   <source>Or a folder of maps</source>
   <translation>或地图文件夹</translation>
  </message>
  <message>
   <source>That 'Map winter CO2 flux' made, where there is no study.</source>
   <translation>没有研究时，由“制作冬季 CO2 通量图”生成的文件夹。</translation>
  </message>
  <message>
   <source>Winters to show</source>
   <translation>要显示的冬季</translation>
  </message>
  <message>
   <source>1983, 1990-1999 or 1990,1995. Empty: the first and the last.</source>
   <translation>1983、1990-1999 或 1990,1995。留空：第一个和最后一个。</translation>
  </message>
  <message>
   <source>Width (mm)</source>
   <translation>宽度 (mm)</translation>
  </message>
  <message>
   <source>90 for one column, 180 for two. Empty: the figure's own.</source>
   <translation>单栏 90，双栏 180。留空：插图自身的宽度。</translation>
  </message>
  <message>
   <source>Dots per inch</source>
   <translation>分辨率 (dpi)</translation>
  </message>
  <message>
   <source>Of pixels, in PNG and within maps.</source>
   <translation>用于 PNG 和地图中的像素。</translation>
  </message>
  <message>
   <source>Draw the borders of zones</source>
   <translation>绘出分区边界</translation>
  </message>
  <message>
   <source>Those of the study's [zones].</source>
   <translation>研究的 [zones] 中的分区。</translation>
  </message>
  <message>
   <source>Names of two products</source>
   <translation>两个产品的名称</translation>
  </message>
  <message>
   <source>Of a difference, e.g. ours,theirs.</source>
   <translation>用于差值，如 ours,theirs。</translation>
  </message>
  <message>
   <source>Figure file</source>
   <translation>插图文件</translation>
  </message>
  <message>
   <source>PDF and SVG for print, PNG for slides.</source>
   <translation>PDF 和 SVG 用于印刷，PNG 用于幻灯片。</translation>
  </message>
  <message>
   <source>Caption</source>
   <translation>图题</translation>
  </message>
  <message>
   <source>Study</source>
   <translation>研究</translation>
  </message>
  <message>
   <source>The study file of a study that was run; its model and report come along.</source>
   <translation>已运行的研究的文件；其模型和报告会一并发布。</translation>
  </message>
  <message>
   <source>Winter maps, instead of a study</source>
   <translation>冬季地图（代替研究）</translation>
  </message>
  <message>
   <source>Folder that 'Map winter CO2 flux' wrote, or any with a GeoTIFF a winter.</source>
   <translation>“制作冬季 CO2 通量图”的输出文件夹，或任何每个冬季一个 GeoTIFF 的文件夹。</translation>
  </message>
  <message>
   <source>What only you know</source>
   <translation>只有您知道的信息</translation>
  </message>
  <message>
   <source>TOML file with title, creators, licence, doi and the like. What it leaves out is said to be not known.</source>
   <translation>含标题、作者、许可证、DOI 等的 TOML 文件。未填写的内容会注明为未知。</translation>
  </message>
  <message>
   <source>Replace an earlier folder</source>
   <translation>替换以前的文件夹</translation>
  </message>
  <message>
   <source>Another folder is never replaced.</source>
   <translation>其他文件夹绝不会被替换。</translation>
  </message>
  <message>
   <source>Folder of the dataset</source>
   <translation>数据集文件夹</translation>
  </message>
  <message>
   <source>Must be new or empty.</source>
   <translation>必须是新的或空的。</translation>
  </message>
  <message>
   <source>What was made</source>
   <translation>生成的内容</translation>
  </message>
  <message>
   <source>A page about the folder.</source>
   <translation>关于该文件夹的页面。</translation>
  </message>
  <message>
   <source>Size of all files</source>
   <translation>全部文件的大小</translation>
  </message>
  <message>
   <source>What is not known</source>
   <translation>未知的信息</translation>
  </message>
  <message>
   <source>Points, or a table with coordinates.</source>
   <translation>点图层，或带坐标的表格。</translation>
  </message>
  <message>
   <source>The measured flux; positive when CO2 leaves the ground. Empty: guessed from the names of the fields, and told.</source>
   <translation>实测通量；CO2 从地面释放时为正。留空：由字段名推测并告知。</translation>
  </message>
  <message>
   <source>Calendar year of the measurement. Empty: guessed from the names of the fields, and told.</source>
   <translation>测量的公历年份。留空：由字段名推测并告知。</translation>
  </message>
  <message>
   <source>Calendar month, 1 to 12. Empty: guessed from the names of the fields, and told.</source>
   <translation>公历月份，1 到 12。留空：由字段名推测并告知。</translation>
  </message>
  <message>
   <source>Name of the measured site. Empty: guessed from the names of the fields, and told.</source>
   <translation>测量站点的名称。留空：由字段名推测并告知。</translation>
  </message>
  <message>
   <source>Degrees. Points need none. Empty: guessed from the names of the fields, and told.</source>
   <translation>单位为度。点图层不需要。留空：由字段名推测并告知。</translation>
  </message>
  <message>
   <source>E.g. g C m-2 day-1, umol CO2 m-2 s-1 or g C m-2 month-1.</source>
   <translation>例如 g C m-2 day-1、umol CO2 m-2 s-1 或 g C m-2 month-1。</translation>
  </message>
  <message>
   <source>What the flux may depend on. Files that differ in year and month only are one series; others do not change with time. Their units are those that the files state.</source>
   <translation>通量可能依赖的变量。仅年份和月份不同的文件为一个序列；其他文件不随时间变化。单位以文件所注明的为准。</translation>
  </message>
  <message>
   <source>Winters to map</source>
   <translation>要制图的冬季</translation>
  </message>
  <message>
   <source>1983, 1990-1999 or 1990,1995.</source>
   <translation>1983、1990-1999 或 1990,1995。</translation>
  </message>
  <message>
   <source>In any CRS. Empty: the ground that all rasters share. All sites on that ground train, also those outside of the map, but for the tropics.</source>
   <translation>可用任何坐标参照系。留空：所有栅格共同覆盖的范围。该范围内的站点都参与训练，包括地图之外的站点，但热带除外。</translation>
  </message>
  <message>
   <source>Cell size (degrees)</source>
   <translation>像元大小（度）</translation>
  </message>
  <message>
   <source>0.1 is finer.</source>
   <translation>0.1 更精细。</translation>
  </message>
  <message>
   <source>500 are steadier and slower.</source>
   <translation>500 棵更稳定，也更慢。</translation>
  </message>
  <message>
   <source>Empty: no bounds.</source>
   <translation>留空：不制作上下界。</translation>
  </message>
  <message>
   <source>With one style for all, and with their times for the Temporal Controller.</source>
   <translation>全部使用同一样式，并带有时间控制器所需的时间。</translation>
  </message>
  <message>
   <source>Folder of the study</source>
   <translation>研究文件夹</translation>
  </message>
  <message>
   <source>New or empty, or that of an earlier run, which then goes on where it was.</source>
   <translation>新的或空的文件夹；或以前运行的文件夹，将从中断处继续。</translation>
  </message>
  <message>
   <source>Study file</source>
   <translation>研究文件</translation>
  </message>
  <message>
   <source>Another seed, another world.</source>
   <translation>不同的种子，不同的模拟世界。</translation>
  </message>
  <message>
   <source>Empty, or not there yet.</source>
   <translation>空的，或尚不存在。</translation>
  </message>
  <message>
   <source>Simulated fluxes</source>
   <translation>模拟通量</translation>
  </message>
  <message>
   <source>Rows of simulated fluxes</source>
   <translation>模拟通量的行数</translation>
  </message>
  <message>
   <source>The study file.</source>
   <translation>研究的 TOML 文件。</translation>
  </message>
  <message>
   <source>Winters to check</source>
   <translation>要检查的冬季</translation>
  </message>
  <message>
   <source>1983, 1990-1999 or 1990,1995; empty: those of the study's map.</source>
   <translation>1983、1990-1999 或 1990,1995；留空：研究文件中地图的冬季。</translation>
  </message>
  <message>
   <source>Result of the check</source>
   <translation>检查结果</translation>
  </message>
  <message>
   <source>Problems found</source>
   <translation>发现的问题数</translation>
  </message>
  <message>
   <source>With one style for all, and with their times for the Temporal Controller; bounds and applicability, where the study has them, in groups that are switched off.</source>
   <translation>全部使用同一样式，并带有时间控制器所需的时间；研究中有上下界和适用范围时，它们位于关闭的图层组中。</translation>
  </message>
  <message>
   <source>Folder of the results</source>
   <translation>结果文件夹</translation>
  </message>
  <message>
   <source>Where the engine runs</source>
   <translation>计算引擎的运行位置</translation>
  </message>
  <message>
   <source>Python to make it from</source>
   <translation>用于创建环境的 Python</translation>
  </message>
  <message>
   <source>A Python program of 3.11 or newer; empty: the first that is found.</source>
   <translation>3.11 或更新的 Python 程序；留空：使用找到的第一个。</translation>
  </message>
  <message>
   <source>Folder of wheels</source>
   <translation>wheel 文件夹</translation>
  </message>
  <message>
   <source>Installs without the network, from wheels that 'pip download' fetched.</source>
   <translation>不使用网络，从 pip download 下载的 wheel 安装。</translation>
  </message>
  <message>
   <source>Libraries</source>
   <translation>库</translation>
  </message>
  <message>
   <source>all: for every algorithm; predicting: for maps from a model that is there, a third of the size.</source>
   <translation>all：用于所有算法；predicting：仅用已有模型制图，大小为三分之一。</translation>
  </message>
  <message>
   <source>With numba</source>
   <translation>安装 numba</translation>
  </message>
  <message>
   <source>Predicts several times faster with it, and the same.</source>
   <translation>预测速度快数倍，结果相同。</translation>
  </message>
  <message>
   <source>Interpreter of the engine</source>
   <translation>计算引擎的解释器</translation>
  </message>
  <message>
   <source>Winter CO2 emission maps of permafrost regions</source>
   <translation>多年冻土区冬季 CO2 排放图</translation>
  </message>
  <message>
   <source>Build a catalogue</source>
   <translation>建立目录</translation>
  </message>
  <message>
   <source>1 Observations and predictors</source>
   <translation>1 观测与预测变量</translation>
  </message>
  <message>
   <source>Writes rasters, chosen as layers or files, into a catalogue of predictors.</source>
   <translation>将选定的栅格（图层或文件）写入预测变量目录。</translation>
  </message>
  <message>
   <source>In: rasters of one unit; files that differ in year and month only (t2m_2001.tif, ndvi_2001_06.tif) become one predictor.
Out: a catalogue (TOML), which any text editor opens. Run it again with the catalogue so far to add rasters of another unit.</source>
   <translation>输入：单位一致的栅格；仅年份和月份不同的文件（t2m_2001.tif、ndvi_2001_06.tif）成为一个预测变量。
输出：目录（TOML），可用任何文本编辑器打开。要添加其他单位的栅格，请连同已有目录再次运行。</translation>
  </message>
  <message>
   <source>Check the environment</source>
   <translation>检查运行环境</translation>
  </message>
  <message>
   <source>6 Set-up</source>
   <translation>6 安装设置</translation>
  </message>
  <message>
   <source>Shows which libraries there are, where each comes from, and what is amiss.</source>
   <translation>显示有哪些库、各自的位置，以及存在的问题。</translation>
  </message>
  <message>
   <source>In: nothing.
Out: a page with the versions and folders of all libraries in QGIS's Python and, where one is set, in the engine's own interpreter; and what to do where something is missing or would crash QGIS.</source>
   <translation>输入：无。
输出：一个页面，列出 QGIS 的 Python 以及（如已设置）计算引擎自己的解释器中所有库的版本和文件夹；并说明库缺失或会使 QGIS 崩溃时如何处理。</translation>
  </message>
  <message>
   <source>Check a study</source>
   <translation>检查研究</translation>
  </message>
  <message>
   <source>5 Whole way</source>
   <translation>5 完整流程</translation>
  </message>
  <message>
   <source>Opens all files of a study, for every year that it needs, before anything runs.</source>
   <translation>在运行之前打开研究所需各年份的全部文件。</translation>
  </message>
  <message>
   <source>In: a study file (TOML).
Out: a page that shows by predictor and winter what is there, in which unit and grid, and the number of problems. Problems do not fail this algorithm; 'Run a study' refuses to start with them.</source>
   <translation>输入：研究文件（TOML）。
输出：一个页面，按预测变量和冬季显示已有的数据、单位和网格，以及问题的数量。发现问题时本算法不会失败；但“运行研究”会拒绝启动。</translation>
  </message>
  <message>
   <source>Compare winter maps</source>
   <translation>比较冬季地图</translation>
  </message>
  <message>
   <source>4 Findings</source>
   <translation>4 结果分析</translation>
  </message>
  <message>
   <source>Compares two folders of winter maps on the cells of the coarser one.</source>
   <translation>在较粗的像元上比较两个文件夹的冬季地图。</translation>
  </message>
  <message>
   <source>In: two folders of winter maps, A and B, in any CRS and resolution.
Out: a page with totals, bias, error and correlation by winter and zone where both have a value; a GeoTIFF of A minus B for each winter and for the mean of all. The finer product is put on the coarser one's cells by area, so that totals stay.</source>
   <translation>输入：两个冬季地图文件夹 A 和 B，坐标参照系和分辨率不限。
输出：一个页面，按冬季和分区给出两者都有值处的总量、偏差、误差和相关系数；每个冬季以及全部平均的 A 减 B 的 GeoTIFF。较细的产品按面积聚合到较粗的像元上，总量保持不变。</translation>
  </message>
  <message>
   <source>Create a sample study</source>
   <translation>创建示例研究</translation>
  </message>
  <message>
   <source>Makes a small simulated study with a known truth, to try everything on.</source>
   <translation>生成一个真值已知的小型模拟研究，用于试用全部功能。</translation>
  </message>
  <message>
   <source>In: nothing.
Out: a folder with simulated fluxes, rasters, a catalogue and a study file. Nothing in it was measured, and all that is made from it is marked as simulated.</source>
   <translation>输入：无。
输出：一个文件夹，含模拟通量、栅格、目录和研究文件。其中没有任何实测数据，由它得到的一切都标记为模拟。</translation>
  </message>
  <message>
   <source>Describe a model</source>
   <translation>描述模型</translation>
  </message>
  <message>
   <source>2 Model</source>
   <translation>2 模型</translation>
  </message>
  <message>
   <source>Shows what a model file holds before it is used.</source>
   <translation>在使用之前显示模型文件的内容。</translation>
  </message>
  <message>
   <source>In: a .wco2 file.
Out: a page with its regions and winters, predictors with units and training ranges, scores (g C m-2 month-1), settings and origin.</source>
   <translation>输入：.wco2 文件。
输出：一个页面，列出区域和冬季、预测变量及其单位和训练范围、评分（g C m-2 month-1）、设置和来源。</translation>
  </message>
  <message>
   <source>Draw a figure for print</source>
   <translation>绘制出版用插图</translation>
  </message>
  <message>
   <source>Draws one figure as PDF, SVG or PNG, at the width of a journal's columns.</source>
   <translation>按期刊栏宽绘制一幅插图：PDF、SVG 或 PNG。</translation>
  </message>
  <message>
   <source>In: a study that has been run, from which every figure can be drawn; or a model, for figures of sites, scores and predictors; or a folder of maps, for maps; or the file that 'Look for trends', 'Add winter maps up' or 'Compare winter maps' wrote.
Out: the figure, and a caption to start from.</source>
   <translation>输入：已运行的研究，可绘制所有插图；或模型，用于站点、评分和预测变量的插图；或地图文件夹，用于地图；或由“检测趋势”、“汇总冬季地图”或“比较冬季地图”写出的文件。
输出：插图，以及可供修改的图题。</translation>
  </message>
  <message>
   <source>Fluxes to winter maps</source>
   <translation>从通量到冬季地图</translation>
  </message>
  <message>
   <source>Look for trends</source>
   <translation>检测趋势</translation>
  </message>
  <message>
   <source>Maps the trend of each cell over the winters, and which are more than chance.</source>
   <translation>制作各像元随冬季变化的趋势图，并标出哪些趋势超出偶然。</translation>
  </message>
  <message>
   <source>In: a folder with maps of 10 winters or more.
Out: a GeoTIFF of four bands: Theil-Sen slope (g C m-2 winter-1 a-1), p of the Mann-Kendall test on pre-whitened values, significant (1 or 0) with the rate of false discoveries kept (Wilks 2016, doi:10.1175/BAMS-D-15-00267.1), winters with a value; a page with a map; with a budget the trends of its zones. Cells without a significant trend are shown pale.</source>
   <translation>输入：含 10 个以上冬季地图的文件夹。
输出：四个波段的 GeoTIFF：Theil-Sen 斜率（g C m-2 winter-1 a-1）、对预白化值的 Mann-Kendall 检验的 p 值、是否显著（1 或 0，控制错误发现率，Wilks 2016，doi:10.1175/BAMS-D-15-00267.1）、有值的冬季数；带地图的页面；给出收支表时还有各分区的趋势。趋势不显著的像元以浅色显示。</translation>
  </message>
  <message>
   <source>Layers to winter maps</source>
   <translation>从图层到冬季地图</translation>
  </message>
  <message>
   <source>Makes a study of the layers in the project, and runs it to maps: the shortest way.</source>
   <translation>用工程中的图层建立研究并一直运行到地图：最短的途径。</translation>
  </message>
  <message>
   <source>In: a layer or table of measured fluxes, a row a site and month, and the rasters that the fluxes may depend on.
Out: a folder with a catalogue, a study file, a model, a report and a map of each winter in g C m-2 winter-1, positive = release. To go on from there, edit the study file and use 'Run a study'.</source>
   <translation>输入：实测通量的图层或表格（每个站点每月一行），以及通量可能依赖的栅格。
输出：一个文件夹，含目录、研究文件、模型、报告和每个冬季的地图（g C m-2 winter-1，正值为释放）。之后可编辑研究文件并使用“运行研究”。</translation>
  </message>
  <message>
   <source>Find the next sites</source>
   <translation>寻找下一批站点</translation>
  </message>
  <message>
   <source>Finds the cells where the next sites would help most.</source>
   <translation>找出下一批站点最有帮助的像元。</translation>
  </message>
  <message>
   <source>In: a model (.wco2) with a validation, a catalogue with the rasters of a winter, an extent.
Out: a table of the cells whose measuring would bring the mean dissimilarity index of the map down most, one after the other (Meyer and Pebesma 2021, doi:10.1111/2041-210X.13650; Pallandt et al. 2022, doi:10.5194/bg-19-559-2022); a GeoTIFF of what one site would bring in each cell; points (GeoPackage) and a figure beside it; a page.</source>
   <translation>输入：带验证的模型（.wco2）、含某个冬季栅格的目录、范围。
输出：一张表，列出观测后使地图平均差异指数下降最多的像元，依次排列（Meyer 和 Pebesma 2021，doi:10.1111/2041-210X.13650；Pallandt 等 2022，doi:10.5194/bg-19-559-2022）；一个站点在每个像元的作用的 GeoTIFF；旁边有点（GeoPackage）和图；一个网页。</translation>
  </message>
  <message>
   <source>Map winter CO2 flux</source>
   <translation>制作冬季 CO2 通量图</translation>
  </message>
  <message>
   <source>3 Maps</source>
   <translation>3 地图</translation>
  </message>
  <message>
   <source>Maps the CO2 flux of one or many winters from a model and rasters.</source>
   <translation>由模型和栅格制作一个或多个冬季的 CO2 通量图。</translation>
  </message>
  <message>
   <source>In: a model (.wco2), a catalogue with the rasters of the winters asked for, an extent.
Out: a cloud-optimised GeoTIFF a winter, in g C m-2 winter-1, positive = release, nodata where a predictor is missing; the sum over the months of each region's winter. On demand its bounds, its months, where the model can be applied, and each member's map. A run that was stopped goes on where it was when it is started again.</source>
   <translation>输入：模型（.wco2）、含所需冬季栅格的目录、范围。
输出：每个冬季一个云优化 GeoTIFF，单位 g C m-2 winter-1，正值为释放，缺少预测变量处为 nodata；为各区域冬季各月之和。可选：上下界、逐月地图、适用范围和各成员的地图。中断的运行再次启动时从中断处继续。</translation>
  </message>
  <message>
   <source>Prepare observations</source>
   <translation>准备观测数据</translation>
  </message>
  <message>
   <source>Reads, converts, screens and merges measured CO2 fluxes into one row a site and month.</source>
   <translation>读取、换算、筛选并合并实测 CO2 通量，每个站点每月一行。</translation>
  </message>
  <message>
   <source>In: a point layer, a table or a CSV file, or a folder of monthly FLUXNET files. Either its format is known by its columns, or name the fields and the unit.
Out: points with the flux in g C m-2 month-1, positive = release, and a table of every row that was left out, with the reason; the counts add up.</source>
   <translation>输入：点图层、表格或 CSV 文件，或月尺度 FLUXNET 文件夹。格式可由列名识别，否则请指定字段和单位。
输出：通量点（g C m-2 month-1，正值为释放），以及所有被剔除的行及其原因的表格；各项计数之和与读取的行数一致。</translation>
  </message>
  <message>
   <source>Prepare predictors</source>
   <translation>准备预测变量</translation>
  </message>
  <message>
   <source>Turns downloads (netCDF, GRIB, HDF, Zarr, archives) into GeoTIFFs by year and month.</source>
   <translation>把下载的数据（netCDF、GRIB、HDF、Zarr、压缩包）转换为按年、月组织的 GeoTIFF。</translation>
  </message>
  <message>
   <source>In: a catalogue that names downloads as they come.
Out: a folder with a GeoTIFF a predictor and year, one band a month, which QGIS opens, and a catalogue of these files. What was made before and is still true is kept. Sampling and mapping prepare what they need by themselves; this does it once, for all of it.</source>
   <translation>输入：列出原始下载文件的目录。
输出：一个文件夹，每个预测变量每年一个 GeoTIFF，每月一个波段，可在 QGIS 中打开；以及这些文件的目录。以前生成且仍然有效的文件会保留。采样和制图会自动准备所需数据；本算法一次性全部完成。</translation>
  </message>
  <message>
   <source>Make a dataset to publish</source>
   <translation>制作待发布的数据集</translation>
  </message>
  <message>
   <source>Makes a folder that is ready for a data repository, and checks it.</source>
   <translation>生成可提交数据仓库的文件夹，并进行检查。</translation>
  </message>
  <message>
   <source>In: a study that was run, or a folder of winter maps; and what only you know of them.
Out: a folder with cloud-optimised GeoTIFFs, one netCDF file and one Zarr store of all winters, STAC items, a card in words and as data, citation and checksums; and a page that says what was checked and what is not known. A folder appears only whole.</source>
   <translation>输入：已运行的研究或冬季地图文件夹；以及只有您知道的相关信息。
输出：一个文件夹，含云优化 GeoTIFF、含全部冬季的一个 netCDF 文件和一个 Zarr 存储、STAC 条目、文字和数据形式的说明卡、引用信息和校验和；以及说明检查内容和未知信息的页面。文件夹只会完整出现。</translation>
  </message>
  <message>
   <source>Run a study</source>
   <translation>运行研究</translation>
  </message>
  <message>
   <source>Runs all stages of a study: observations, sampling, training, maps, report.</source>
   <translation>运行研究的所有阶段：观测、取样、训练、制图、报告。</translation>
  </message>
  <message>
   <source>In: a study file (TOML).
Out: the folder that the study names, with a model (.wco2), a GeoTIFF a winter (g C m-2 winter-1, positive = release) and a report. Finished stages are skipped and stale ones done again, so a stopped study goes on where it was.</source>
   <translation>输入：研究文件（TOML）。
输出：研究指定的文件夹，含模型（.wco2）、每个冬季一个 GeoTIFF（g C m-2 winter-1，正值为释放）和报告。已完成的阶段跳过，过期的重做，因此中断的研究可以继续。</translation>
  </message>
  <message>
   <source>Sample predictors at observations</source>
   <translation>在观测点提取预测变量</translation>
  </message>
  <message>
   <source>Looks every predictor up at each observation, for the month of its measurement.</source>
   <translation>按测量月份在每个观测点提取各预测变量的值。</translation>
  </message>
  <message>
   <source>In: prepared observations and a catalogue of rasters.
Out: the training table, in the units that the catalogue names, and the observations that could not be sampled, with the reason. Only months of a region's winter are taken, unless all months are to train.</source>
   <translation>输入：准备好的观测数据和栅格目录。
输出：训练表（单位与目录一致），以及未能取样的观测及其原因。只取区域冬季内的月份，除非所有月份都参与训练。</translation>
  </message>
  <message>
   <source>Select predictors</source>
   <translation>选择预测变量</translation>
  </message>
  <message>
   <source>Finds the predictors that help at sites which the training did not see.</source>
   <translation>找出对训练中未出现的站点有帮助的预测变量。</translation>
  </message>
  <message>
   <source>In: a training table and its catalogue.
Out: a page that shows, by region, what was chosen and on which way, and which predictors tell the same; beside it a catalogue of the chosen ones alone, for 'Train a model'. Methods: forward selection with site folds (Meyer et al. 2018, doi:10.1016/j.envsoft.2017.12.001), recursive elimination.</source>
   <translation>输入：训练表及其目录。
输出：一个页面，按区域显示选中的变量、选择过程以及哪些变量信息重复；旁边是仅含所选变量的目录，供“训练模型”使用。方法：按站点分组的前向选择（Meyer 等 2018，doi:10.1016/j.envsoft.2017.12.001）、递归剔除。</translation>
  </message>
  <message>
   <source>Set up the engine</source>
   <translation>安装计算引擎</translation>
  </message>
  <message>
   <source>Makes an interpreter for the engine in your QGIS profile, apart from QGIS's own.</source>
   <translation>在您的 QGIS 配置文件夹中为计算引擎创建解释器，与 QGIS 自己的 Python 分开。</translation>
  </message>
  <message>
   <source>In: a Python of 3.11 or newer, which most systems have; and the network, or a folder of wheels.
Out: a virtual environment with the libraries, which all algorithms use from then on: about 1.3 GB, or 430 MB for predicting only. Making it takes some minutes; what was downloaded before a failure is not downloaded again. QGIS's own Python stays as it is. To go back, empty the interpreter under Settings &gt; Options &gt; Processing &gt; Providers &gt; Winter CO2.</source>
   <translation>输入：3.11 或更新的 Python（多数系统都有）；以及网络或 wheel 文件夹。
输出：含所需库的虚拟环境，此后所有算法都使用它：约 1.3 GB，仅用于预测时为 430 MB。创建需要几分钟；失败前已下载的内容不会重新下载。QGIS 自己的 Python 保持不变。要恢复，请清空 设置 &gt; 选项 &gt; 处理 &gt; 提供者 &gt; 冬季 CO2 中的解释器。</translation>
  </message>
  <message>
   <source>Totals and trends from a model</source>
   <translation>由模型得出总量和趋势</translation>
  </message>
  <message>
   <source>Train a model</source>
   <translation>训练模型</translation>
  </message>
  <message>
   <source>Grows Extremely Randomized Trees for each region and judges them on held-out rows.</source>
   <translation>为每个区域训练极端随机树（Extremely Randomized Trees），并用留出的行进行评价。</translation>
  </message>
  <message>
   <source>In: a training table and its catalogue.
Out: a model file (.wco2), and a report with scores, maps of the sites and importances. R2 and RMSE (g C m-2 month-1) are those of the region with most rows, with whole sites held out where that was asked for. Method: Geurts, Ernst and Wehenkel 2006, doi:10.1007/s10994-006-6226-1.</source>
   <translation>输入：训练表及其目录。
输出：模型文件（.wco2），以及含评分、站点图和变量重要性的报告。R2 和 RMSE（g C m-2 month-1）为行数最多的区域的结果；如有要求，则为整站留出的结果。方法：Geurts、Ernst 和 Wehenkel 2006，doi:10.1007/s10994-006-6226-1。</translation>
  </message>
  <message>
   <source>Validate a model</source>
   <translation>验证模型</translation>
  </message>
  <message>
   <source>Scores a training table under several validations side by side.</source>
   <translation>并列给出训练表在多种验证方法下的评分。</translation>
  </message>
  <message>
   <source>In: a training table and its catalogue.
Out: a page with scores by region, month, zone and validation with their intervals, how often bounds hold, and which score to quote for a map; no model is kept. R2 and RMSE (g C m-2 month-1) are those of the region with most rows, with whole sites held out where that was asked for.</source>
   <translation>输入：训练表及其目录。
输出：一个页面，按区域、月份、分区和验证方法给出评分及其区间、预测区间的覆盖率，以及应为地图引用哪个评分；不保存模型。R2 和 RMSE（g C m-2 month-1）为行数最多的区域的结果；如有要求，则为整站留出的结果。</translation>
  </message>
  <message>
   <source>Winter maps from a model</source>
   <translation>由模型制作冬季地图</translation>
  </message>
  <message>
   <source>Add winter maps up</source>
   <translation>汇总冬季地图</translation>
  </message>
  <message>
   <source>Adds winter maps up: Tg C and g C m-2 by winter, region and zone.</source>
   <translation>汇总冬季地图：按冬季、区域和分区给出 Tg C 和 g C m-2。</translation>
  </message>
  <message>
   <source>In: a folder of winter maps and, if wanted, zones.
Out: a table with a row a zone and winter, with ground covered and missing; a page with a figure over time and the mean winter of each zone; the zones with their numbers. Totals have intervals where the members were mapped too. Ground is that of the ellipsoid, and cells that a zone's edge cuts count with their share.</source>
   <translation>输入：冬季地图文件夹，以及可选的分区。
输出：每个分区和冬季一行的表格，含覆盖和缺失的地面面积；带时间变化图和各分区平均冬季的页面；带数值的分区。制作了成员地图时总量带有区间。地面面积按椭球体计算，被分区边界切割的像元按所占比例计入。</translation>
  </message>
  <message>
   <source>{} ({}) is empty.
Choose a file.</source>
   <translation>{} ({}) 为空。
请选择文件。</translation>
  </message>
  <message>
   <source>No raster is given.
Choose layers, files or a folder.</source>
   <translation>没有给出栅格。
请选择图层、文件或文件夹。</translation>
  </message>
  <message>
   <source>One source is needed.
Give a study, model or table, or else a folder of maps.</source>
   <translation>需要且只需要一个来源。
请给出研究、模型或表格，或者地图文件夹。</translation>
  </message>
  <message>
   <source>No raster is given.
Choose layers or files.</source>
   <translation>没有给出栅格。
请选择图层或文件。</translation>
  </message>
  <message>
   <source>'{}' shares no ground with the rasters before it.
Leave it out, or give an extent.</source>
   <translation>“{}”与前面的栅格没有共同的地面。
请去掉它，或给出范围。</translation>
  </message>
  <message>
   <source>done before</source>
   <translation>之前已完成</translation>
  </message>
  <message>
   <source>done</source>
   <translation>完成</translation>
  </message>
  <message>
   <source>Stopping; what is finished is kept.</source>
   <translation>正在停止；已完成的内容保留。</translation>
  </message>
  <message>
   <source> (simulated)</source>
   <translation>（模拟）</translation>
  </message>
  <message>
   <source>Trend of winter CO2 flux {}</source>
   <translation>冬季 CO2 通量的趋势 {}</translation>
  </message>
  <message>
   <source>not significant</source>
   <translation>不显著</translation>
  </message>
  <message>
   <source>{} minus {}, {}</source>
   <translation>{} 减 {}，{}</translation>
  </message>
  <message>
   <source>Mean winter CO2 flux by zone</source>
   <translation>各分区的平均冬季 CO2 通量</translation>
  </message>
  <message>
   <source>Pale: not significant (false discoveries {})</source>
   <translation>浅色：不显著（错误发现率 {}）</translation>
  </message>
  <message>
   <source>Maps of the CO2 that permafrost regions release in winter, from measured fluxes and rasters, by Extremely Randomized Trees; with scores of held-out sites, bounds, and where the model can be applied. All tools are in the Processing Toolbox under &lt;i&gt;Winter CO2&lt;/i&gt;.</source>
   <translation>由实测通量和栅格，用极端随机树绘制多年冻土区冬季释放的 CO2 地图；附留出站点的评分、上下界以及模型的适用范围。所有工具都在“处理工具箱”的 &lt;i&gt;冬季 CO2&lt;/i&gt; 下。</translation>
  </message>
  <message>
   <source>It is ready: QGIS's own Python has all that it needs.</source>
   <translation>已就绪：QGIS 自带的 Python 具备所需的一切。</translation>
  </message>
  <message>
   <source>Map the layers of this project</source>
   <translation>用本工程的图层制图</translation>
  </message>
  <message>
   <source>You have measured fluxes and rasters: a model, a report and maps in one go.</source>
   <translation>您有实测通量和栅格：一次得到模型、报告和地图。</translation>
  </message>
  <message>
   <source>Try it on a sample study</source>
   <translation>用示例研究试一试</translation>
  </message>
  <message>
   <source>You have no data yet: simulated fluxes and rasters, with a study file to run.</source>
   <translation>您还没有数据：模拟的通量和栅格，附可运行的研究文件。</translation>
  </message>
  <message>
   <source>Map winters with a model</source>
   <translation>用模型绘制冬季地图</translation>
  </message>
  <message>
   <source>You have a model file (.wco2) and the rasters that it needs.</source>
   <translation>您有模型文件 (.wco2) 及其所需的栅格。</translation>
  </message>
  <message>
   <source>the toolbox</source>
   <translation>工具箱</translation>
  </message>
  <message>
   <source>study file and catalogue</source>
   <translation>研究文件和预测变量目录</translation>
  </message>
  <message>
   <source>observations</source>
   <translation>观测</translation>
  </message>
  <message>
   <source>models</source>
   <translation>模型</translation>
  </message>
  <message>
   <source>maps</source>
   <translation>地图</translation>
  </message>
  <message>
   <source>totals and trends</source>
   <translation>总量和趋势</translation>
  </message>
  <message>
   <source>glossary</source>
   <translation>术语表</translation>
  </message>
  <message>
   <source>Winter CO2: first steps</source>
   <translation>冬季 CO2：入门</translation>
  </message>
  <message>
   <source>It runs in {}.</source>
   <translation>它运行于 {}。</translation>
  </message>
  <message>
   <source>Documentation</source>
   <translation>文档</translation>
  </message>
  <message>
   <source>The engine</source>
   <translation>计算引擎</translation>
  </message>
  <message>
   <source>{} has no CRS.
Set it in the layer's properties, Source tab.</source>
   <translation>{} 没有坐标参照系。
请在图层属性的“源”选项卡中设置。</translation>
  </message>
  <message>
   <source>'{}' is no raster file (it is {}).
Save it as GeoTIFF and choose that.</source>
   <translation>“{}”不是栅格文件（它是 {}）。
请另存为 GeoTIFF 后再选择。</translation>
  </message>
  <message>
   <source>First steps</source>
   <translation>入门</translation>
  </message>
  <message>
   <source>{} to {} {}</source>
   <translation>{} 至 {} {}</translation>
  </message>
  <message>
   <source>Cancelled. What was finished is kept; run the same again to go on.</source>
   <translation>已取消。已完成的内容保留；再次运行相同的设置即可继续。</translation>
  </message>
  <message>
   <source>This is a bug in wco2, not in your input. Please report it with the log above.</source>
   <translation>这是 wco2 的错误，不是您的输入的问题。请连同上面的日志一起报告。</translation>
  </message>
  <message>
   <source>inside in all months</source>
   <translation>所有月都在范围内</translation>
  </message>
  <message>
   <source>1 to 2 months outside</source>
   <translation>1 至 2 个月在范围外</translation>
  </message>
  <message>
   <source>3 to 4 months outside</source>
   <translation>3 至 4 个月在范围外</translation>
  </message>
  <message>
   <source>5 or more months outside</source>
   <translation>5 个月以上在范围外</translation>
  </message>
  <message>
   <source>Applicability of the model</source>
   <translation>模型的适用范围</translation>
  </message>
  <message>
   <source>Winter {}</source>
   <translation>{} 年冬季</translation>
  </message>
  <message>
   <source>Upper bound of {}{}</source>
   <translation>{}{} 上界</translation>
  </message>
  <message>
   <source>Lower bound of {}{}</source>
   <translation>{}{} 下界</translation>
  </message>
  <message>
   <source>Applicability {}</source>
   <translation>适用范围 {}</translation>
  </message>
  <message>
   <source>Winter CO2 flux ({})</source>
   <translation>冬季 CO2 通量 ({})</translation>
  </message>
  <message>
   <source>Upper bounds ({})</source>
   <translation>上界 ({})</translation>
  </message>
  <message>
   <source>Lower bounds ({})</source>
   <translation>下界 ({})</translation>
  </message>
  <message>
   <source>Layer '{}'</source>
   <translation>图层“{}”</translation>
  </message>
  <message>
   <source>{} is the file of {}, which is read in the same step.
Name another file for the output.</source>
   <translation>{} 是 {} 的文件，在同一步骤中被读取。
请为输出指定另一个文件。</translation>
  </message>
  <message>
   <source>Choose the field of each.</source>
   <translation>请为每一项选择字段。</translation>
  </message>
 </context>
</TS>
